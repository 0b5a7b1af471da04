"""What environment markers (PEP 508) see inside WebAssembly."""


def marker_environment(python: str) -> dict[str, str]:
    """The values of the markers inside Pyodide, for a release of Python as `3.14.2`."""
    return {
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": "wasm32",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Emscripten",
        "platform_version": "",
        "python_full_version": python,
        "python_version": ".".join(python.split(".")[:2]),
        "sys_platform": "emscripten",
    }
