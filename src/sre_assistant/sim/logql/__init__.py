"""LogQL as Loki 3.7 answers it: what this evaluator cannot do is an error, never a wrong answer."""
