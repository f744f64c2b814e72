timeout: failed to run command ‘events’: No such file or directory
