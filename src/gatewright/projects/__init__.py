"""What a developer keeps in files, brought to a running node over its endpoint, as any AWS client would."""
