"""The WSGI entry: gunicorn wsgi:app, waitress-serve wsgi:app. Importing it starts no thread."""

from bot.web.factory import create_app

app = create_app()
