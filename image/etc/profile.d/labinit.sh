# shellcheck shell=sh
# /etc/profile has just replaced PATH. The one this shell was started with is better: it has the
# lab's own directory, and those that a child image or the user added. `su -` and `sudo -i` start
# with none of that.
labinit_path=$(tr '\0' '\n' </proc/$$/environ 2>/dev/null | sed -n 's/^PATH=//p')
case :$labinit_path: in
    *:/opt/lab/bin:*) PATH=$labinit_path ;;
    *) PATH=$HOME/.local/bin:/opt/lab/bin:$PATH ;;
esac
# As in kernels, the user's packages come first: the interpreter for that, where the image has it.
[ ! -d /opt/notebook/bin ] || PATH=/opt/notebook/bin:$PATH
export PATH
unset labinit_path
