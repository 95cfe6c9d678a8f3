"""What goes in: the Convention, documents and their passages, labelled passages, samples."""
