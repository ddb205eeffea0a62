# Completes 'git-puff …' and 'git puff …'. What may stand at the cursor is asked of git-puff itself, so that this never gets
# old. It belongs where fish reads it at its start (vendor_conf.d): the completion of git that fish 3.6 brings does not find
# the completions of other programs by itself.

# The words behind 'git' and its options; the options are left in $__git_puff_options.
function __git_puff_words
    set -l words (commandline -opc)
    set -g __git_puff_options
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case -C -c --git-dir --work-tree --namespace --config-env
                set -a __git_puff_options $words[1..2]
                set -e words[1..2]
            case '-*'
                set -a __git_puff_options $words[1]
                set -e words[1]
            case '*'
                break
        end
    end
    string join -- \n $words
end

function __git_puff_is_next
    set -l words (__git_puff_words)
    not set -q words[1]
end

function __git_puff_is_called
    set -l words (__git_puff_words)
    test "$words[1]" = puff
end

function __git_puff_offer_below_git
    set -l words (__git_puff_words)
    __git_puff_offer git $__git_puff_options puff complete -- $words[2..]
end

function __git_puff_offer_alone
    set -l words (commandline -opc)
    __git_puff_offer git-puff complete -- $words[2..]
end

# __git_puff_offer CALL…: what CALL offers for the word at the cursor.
function __git_puff_offer
    set -l current (commandline -ct)
    set -l offer ($argv "$current" 2>/dev/null)
    string join -- \n $offer[2..]
    # Of a file behind '--option=', only the file is a path.
    set -l front (string match -r -- '^--[^=]*=' "$current")
    set -l rest (string replace -r -- '^--[^=]*=' '' "$current")
    switch "$offer[1]"
        case files
            string replace -r -- '^' "$front" (__fish_complete_path "$rest")
        case folders
            string replace -r -- '^' "$front" (__fish_complete_directories "$rest" '')
    end
end

complete -c git-puff -f -k -a '(__git_puff_offer_alone)'
complete -c git -f -n __git_puff_is_next -a puff -d 'Send one task to several coding agents, and choose'
complete -c git -f -k -n __git_puff_is_called -a '(__git_puff_offer_below_git)'
