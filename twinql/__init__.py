"""TwinQL: a GraphQL API server for the digital twin of energy meters and industrial machines."""
