# shellcheck shell=bash
# completion.bash - completes `rac` from the tables that `rac --completion` puts in front of it.
# shellcheck disable=SC2154,SC2207  # those tables; words of ours hold no space
_rac() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local verb=${COMP_WORDS[1]} below=${COMP_WORDS[2]} use i
	COMPREPLY=()
	if [[ $COMP_CWORD -eq 1 ]]; then
		COMPREPLY=($(compgen -W "$_rac_verbs --help --version --man --completion" -- "$current"))
		return
	fi
	if [[ -n ${_rac_words[$verb]} && $COMP_CWORD -eq 2 ]]; then
		COMPREPLY=($(compgen -W "${_rac_words[$verb]} --help" -- "$current"))
		return
	fi
	use=$verb
	[[ -z ${_rac_words[$verb]} ]] || use="$verb $below"
	# What follows the program of `rac run` is the program's own.
	if [[ -n ${_rac_program[$use]} ]]; then
		for ((i = 2; i < COMP_CWORD; i++)); do
			if [[ ${COMP_WORDS[i]} == -- ]]; then
				((i++))
				break
			fi
			[[ ${COMP_WORDS[i]} == -* ]] || break
			# The word behind "=" and the value of a flag belong to the flag.
			[[ ${COMP_WORDS[i+1]} != = ]] || ((i += 2))
			[[ " ${_rac_valued[$use]} " != *" ${COMP_WORDS[i]} "* ]] || ((i++))
		done
		if [[ $i -le $COMP_CWORD && ( $i -lt $COMP_CWORD || $current != -* ) ]]; then
			if declare -F _command_offset >/dev/null; then
				_command_offset "$i"
			elif [[ $i -eq $COMP_CWORD ]]; then
				COMPREPLY=($(compgen -c -- "$current"))
			else
				COMPREPLY=($(compgen -f -- "$current"))
			fi
			return
		fi
	fi
	if [[ $current == = ]]; then
		current=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD-2]}
	fi
	if [[ -n ${_rac_values[$use $before]} ]]; then
		COMPREPLY=($(compgen -W "${_rac_values[$use $before]}" -- "$current"))
	elif [[ $current == -* ]]; then
		COMPREPLY=($(compgen -W "${_rac_flags[$use]} --help" -- "$current"))
	fi
}
complete -o default -F _rac rac
