"""The languages Lintel speaks, one folder each, and the table of where their URLs hang.

`native` rows are the vendors' own addresses at the root; settings may switch a dialect's native rows off,
the others are always on. The names on the right are those of the apps that compose hands to
`mounts.Mounts`; "neutral" rows keep the console at "/" from answering machines with a page.
"""

from server.dialects.mounts import Mount

MOUNTS = (
    Mount("/roomvox/api/v1", "roomvox"),
    Mount("/api/v1", "roomvox", native=True),
    Mount("/apps/roomvox/api/v1", "roomvox", native=True),
    Mount("/index.php/apps/roomvox/api/v1", "roomvox", native=True),
    Mount("/roomvox-wire/api/v1", "roomvox-wire"),
    Mount("/indico", "indico"),
    Mount("/export", "indico", root="", native=True),
    Mount("/api/roomBooking", "indico", root="", native=True),
    Mount("/api/user", "indico", root="", native=True),
    Mount("/roomBooking.py", "indico", root="", native=True),
    Mount("/roomloop/v1", "roomloop"),
    Mount("/v1/facilities", "roomloop", root="/v1", native=True),
    Mount("/v1/reservations", "roomloop", root="/v1", native=True),
    Mount("/v1/accounts", "roomloop", root="/v1", native=True),
    Mount("/v1/reports", "roomloop", root="/v1", native=True),
    Mount("/v1/webhooks", "roomloop", root="/v1", native=True),
    Mount("/v1/auth/google", "roomloop", root="/v1", native=True),
    Mount("/v1/auth/logout", "roomloop", root="/v1", native=True),
    Mount("/librebooking/Web/Services", "librebooking"),
    Mount("/librebooking/Web/Services/index.php", "librebooking"),
    Mount("/Web/Services", "librebooking", native=True),
    Mount("/Web/Services/index.php", "librebooking", native=True),
    Mount("/librebooking/Web/export", "librebooking-feeds"),
    Mount("/librebooking-wire/Web/export", "librebooking-feeds"),
    Mount("/Web/export", "librebooking-feeds", native=True),
    Mount("/librebooking-wire/Web/Services", "librebooking-wire"),
    Mount("/librebooking-wire/Web/Services/index.php", "librebooking-wire"),
    Mount("/device/v1", "device"),
    Mount("/api", "neutral"),
    Mount("/apps", "neutral"),
    Mount("/index.php", "neutral"),
    Mount("/roomvox", "neutral"),
    Mount("/roomvox-wire", "neutral"),
    Mount("/roomloop", "neutral"),
    Mount("/librebooking", "neutral"),
    Mount("/librebooking-wire", "neutral"),
    Mount("/Web", "neutral"),
    Mount("/device", "neutral"),
    Mount("/v1", "neutral"),
    Mount("/", "console"),
)
