# completion.fish - what the commands of `rac --completion fish` ask of the line; they stand behind it.

# Whether these words, and any others, stand before the cursor.
function __rac_is
    set -l words (commandline -opc)
    set -l most (math (count $argv) + 1)
    test (count $words) -ge $most; and test "$words[2..$most]" = "$argv"
end

# Whether nothing else stands there.
function __rac_ends
    set -l words (commandline -opc)
    test "$words[2..]" = "$argv"
end

# Flags that take a value.
set -g __rac_valued

# What stands behind the flags that the words begin with: a program and its arguments.
function __rac_program
    while set -q argv[1]
        if contains -- $argv[1] $__rac_valued
            set -e argv[1..2]
        else if test "$argv[1]" = --
            set -e argv[1]
            break
        else if string match -q -- '-*' $argv[1]
            set -e argv[1]
        else
            break
        end
    end
    string join -- \n $argv
end

function __rac_is_before_program
    set -l words (commandline -opc)
    set -l program (__rac_program $words[3..])
    __rac_is $argv; and test -z "$program"
end

function __rac_complete_program
    set -l words (commandline -opc) (commandline -ct)
    set -l program (__rac_program $words[3..])
    test -n "$program"; and complete -C "$program"
end
