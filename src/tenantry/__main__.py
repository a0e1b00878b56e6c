"""``python -m tenantry`` is the ``tenantry`` command."""

from tenantry.cli.main import main

if __name__ == "__main__":
    main()
