"""The directional sync runner (document 003): targets of `sync.yaml` are run, checked, and landed or thrown away."""
