"""How people reach Palermo: the command line, the API, the page, the exports."""
