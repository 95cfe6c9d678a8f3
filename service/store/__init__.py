"""The editors' service's database: documents, what the machine said, what people decided, work, people, events.

`open_store(url)` gives a `Store`; inside `store.read()` or `store.write()` the functions of this package's modules take
the session and give plain dataclasses (`records`). Jobs, API, pages and command line call them; none writes SQL.

    documents   give, read, list, correct, delete      analyses    save and get, retag
    reviews     accept, reject, change, add, undo      listing     the queue: filter, sort, page
    counts      figures for tree, dashboard, history   reanchor    reviews follow their words into a newer reading
    work        batches, jobs, exports                 people      users, tokens, sessions
    events      the log                                migrations  the shape of the database
"""

from palermo.service.store.engine import Store, database_url, default_url, open_store

__all__ = ["Store", "database_url", "default_url", "open_store"]
