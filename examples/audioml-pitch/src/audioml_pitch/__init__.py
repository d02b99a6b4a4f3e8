"""The pitch of one voice or one instrument, by librosa's pYIN."""
