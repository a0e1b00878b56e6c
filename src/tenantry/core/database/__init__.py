"""Django's PostgreSQL backend with Tenantry's scope and composite keys. Use as ENGINE `tenantry.core.database`."""
