//! Log bytes to lines, format, fields and templates; no I/O.
