"""Pages for people, rendered with Jinja: the same for the service and for `palermo tag --format html`."""
