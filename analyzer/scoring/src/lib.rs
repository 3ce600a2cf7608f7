//! Entry to score: rules, features, networks, model artifacts.
