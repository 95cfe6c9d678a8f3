"""The Convention as data: every provision of UNTOC and its three Protocols, and which of them are labels."""

from palermo.corpora.convention.show import as_json, render
from palermo.corpora.convention.tree import Convention, Instrument, Level, Provision, article_of, tree

__all__ = ["Convention", "Instrument", "Level", "Provision", "article_of", "as_json", "render", "tree"]
