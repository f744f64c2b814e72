# Completion of imtop for bash: imtop itself says what could be typed next.
_imtop() {
    COMPREPLY=()
    local candidate
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(IMTOP_COMPLETE=bash IMTOP_COMPLETE_BREAKS=$COMP_WORDBREAKS \
        COMPLETER -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null)
}
complete -o nospace -o nosort -F _imtop imtop 2>/dev/null || complete -o nospace -F _imtop imtop
