"""Work that goes on behind the service: queued jobs of the store become analyses, exports become files.

    runner     Jobs: threads that take work from the store until they are stopped
    tagging    one job: read, tag, store          exporting  one export: the stored analyses in a format
    standing   an analysis as people have decided it
    presence   which processes work on a SQLite file
    progress   how far a batch is
    endurance  a command that kills processes in the middle of a batch, and counts

The store's tables are the queue, the progress that people see, and all that outlives a process. A document's reading,
its analysis and the end of its job are stored in one transaction: a process may be killed at any point, and what it had
begun is begun again, once its lease runs out, by whoever works then.
"""

from palermo.service.jobs.progress import Progress
from palermo.service.jobs.runner import Jobs

__all__ = ["Jobs", "Progress"]
