"""Models where the sound is: folders, sockets, pipes and microphones, watched and never lost."""
