"""Settings, urls and the WSGI entry point: the only package above the interfaces."""
