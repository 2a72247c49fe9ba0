"""The life cycle as a model, and the real service beside it: whatever happens, the two agree."""
