"""What `pytest --profilec PROFILE` does, once the plugin was asked for it.

```
run ─► trees (the project, its built tree) ─► worlds (whose interpreter?) ─► here       this interpreter
                                                                         └─► elsewhere  WebAssembly
```

A run elsewhere is pytest in the other interpreter with the same arguments. There this package is loaded
again, finds itself in the profile's own world, and goes on as `here`.
"""
