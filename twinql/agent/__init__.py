"""An agent: a program beside a machine that tells what it reads and does what it is asked, over GraphQL alone."""
