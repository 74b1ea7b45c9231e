"""Files on the issues of the sandbox site: their names and kinds, without what is in them."""

from __future__ import annotations

import mimetypes

from bot.sandbox.records import AttachmentRecord, ChangeItem, Refused
from bot.sandbox.site_store import NOT_FOUND, SiteStore, Which, Who

UNKNOWN_KIND = "application/octet-stream"
LONGEST_NAME = 255


class SiteWithFiles(SiteStore):
    """A site whose issues can have files attached."""

    def attach(self, by: Who, which: Which, filename: str, *, kind: str = "", size: int = 0) -> AttachmentRecord:
        """Attach a file to an issue, as staff or as a customer who sees it; `kind` is its media type, by default the
        one that its name has, and `size` its length in bytes. Refused (400) without a name."""
        with self.lock:
            who, record, name = self.account(by), self._record(which), filename.strip()
            if not self.sees(who, record):
                raise Refused(404, NOT_FOUND)
            if not name or len(name) > LONGEST_NAME:
                raise Refused(400, "A file needs a name of at most 255 characters.")
            self._ask_rules("attach", who, record, {"filename": name})
            kind = kind.strip() or mimetypes.guess_type(name)[0] or UNKNOWN_KIND
            file = AttachmentRecord(self._id(), name, who, self._moment(), max(0, size), kind)
            record.attachments.append(file)
            self._changed(record, who, (ChangeItem("Attachment", "attachment", "jira", None, None, file.id, name),))
            return file
