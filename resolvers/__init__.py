"""Root fields of Query and Mutation, one noun per module."""
