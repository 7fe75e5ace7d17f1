"""The GSM receive chain: a file is a stage, in the order the samples pass."""
