from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

EXPORT_ALL = "data.export_all"
IMPORT = "data.import"

declare(
    [
        Permission(
            EXPORT_ALL,
            _("Export everything"),
            _("take all data of the organization out"),
            "data",
            in_applications=True,
            reads=True,
            exports=True,
            when_frozen=True,
        ),
        Permission(IMPORT, _("Import data"), _("bring people and records in from files"), "data"),
    ]
)
