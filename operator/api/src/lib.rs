//! Custom resource types, CEL rules and conditions.
