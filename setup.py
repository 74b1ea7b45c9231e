"""What pyproject.toml cannot say: an installed bot has the folders `templates/` and `config/` inside its package."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["bot", "bot.*"]), "bot.templates", "bot.example_config"],
    package_dir={"bot.templates": "templates", "bot.example_config": "config"},
    package_data={
        "bot.templates": ["**/*"],
        "bot.example_config": ["**/*"],
        "bot.sandbox": ["html/**/*"],
        "bot.sandbox.demo": ["stories/*"],
        "bot.store.migrations": ["*.mako"],
    },
)
