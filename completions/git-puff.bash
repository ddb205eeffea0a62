# Completes 'git-puff …', and 'git puff …' through git's own completion. What may stand at the cursor is asked of git-puff
# itself, so that this never gets old. bash 3.2 and newer.

# __git_puff_offer WORD CALL…: makes COMPREPLY of what CALL offers for WORD, as bash has it with its quotes.
__git_puff_offer() {
  local word=$1 quote='' typed breaks='' kept='' also='' value about
  shift
  case $word in
    \"*) quote=\" typed=${word#\"} ;;
    \'*) quote=\' typed=${word#\'} ;;
    *) typed=${word//\\/} ;;
  esac
  # What readline takes for another word, it leaves as it stands: only what is behind is to be offered.
  if [ -z "$quote" ]; then
    case $COMP_WORDBREAKS in *:*) breaks+=: ;; esac
    case $COMP_WORDBREAKS in *=*) breaks+== ;; esac
    [ -z "$breaks" ] || kept=${typed%"${typed##*[$breaks]}"}
  fi
  COMPREPLY=()
  while IFS=$'\t' read -r value about; do
    if [ -z "$also" ]; then
      also=$value
      continue
    fi
    value=${value#"$kept"}
    case $quote in
      \") value=${value//\\/\\\\} value=${value//\"/\\\"} value=${value//\$/\\\$} value=${value//\`/\\\`} ;;
      \') value=${value//\'/\'\\\'\'} ;;
      *)
        case $value in *[!A-Za-z0-9_./:=@%+,-]*) printf -v value %q "$value" ;; esac
        case $value in *[:=]) ;; *) value+=' ' ;; esac
        ;;
    esac
    COMPREPLY+=("$value")
  done <<<"$("$@" "$typed" 2>/dev/null)"
  # Files are completed by bash, when there is nothing else; bash 3.2 can't be told not to.
  case $also in
    files) compopt -o default -o bashdefault +o nospace 2>/dev/null ;;
    folders) compopt -o dirnames +o default +o bashdefault +o nospace 2>/dev/null ;;
    *) compopt +o default +o bashdefault -o nospace 2>/dev/null ;;
  esac
  return 0
}

# For git's own completion, which has cut the words as it needs them, and found the verb of git.
_git_puff() {
  local -a before=("${words[@]:__git_cmd_idx+1:cword-__git_cmd_idx-1}")
  __git_puff_offer "$cur" git ${__git_C_args[@]+"${__git_C_args[@]}"} ${__git_dir:+"--git-dir=$__git_dir"} \
    puff complete -- ${before[@]+"${before[@]}"}
}

# For 'git-puff', whose words bash has cut at every ':' and '=': they are put together as they stand on the line.
__git_puff_main() {
  local line=${COMP_LINE:0:COMP_POINT} word at=0
  local -a together=()
  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if ((at > 0)) && [ "${line:0:1}" != ' ' ] && [ "${line:0:1}" != $'\t' ]; then
      together[at - 1]+=$word
    else
      line=${line#"${line%%[! $'\t']*}"}
      together[at++]=$word
    fi
    line=${line#"$word"}
  done
  # Behind a space, a new word begins with the cursor.
  local current=${together[at - 1]}
  __git_puff_offer "$current" git-puff complete -- "${together[@]:1:at-2}"
}

complete -o bashdefault -o default -o nospace -F __git_puff_main git-puff
