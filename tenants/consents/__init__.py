"""What people have consented to and objected to, kind of purpose by kind of purpose."""
