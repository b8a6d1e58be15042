# Sourced by the commands beside it. `ensure core` or `ensure dev` makes .venv and brings it up to date with
# requirements/; when nothing has changed it costs a few milliseconds.
#
#   PYTHON=/path/to/python3.12      the Python to make .venv from
#   HOMESCHOOL_TORCH=cpu|cuda|own   the PyTorch build; a torch that .venv already holds is kept (own)

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
python=$venv/bin/python
# Our own notes, kept inside .venv so that they go when it goes.
made=$venv/.homeschool-made             # this script made the folder, for the path written in it
unfinished=$venv/.homeschool-unfinished # an installation began and has not ended
torch_note=$venv/.homeschool-torch      # the build chosen, and the checksum of its requirement file

say() { printf '%s\n' "$@" >&2; }
fail() {
    say "$@"
    exit 1
}

ensure() { # ensure core|dev
    local wanted
    choose_torch
    wanted=$(fingerprint "$1")
    if [[ -x $python && ! -e $unfinished && $(note "$venv/.homeschool-$1") == "$wanted" ]]; then return; fi
    make_venv
    choose_torch # again, since .venv may be a new one now
    : >"$unfinished"
    install_torch
    say "Installing the packages in requirements/$1.txt (a minute or less, after their download)"
    pip_install -qq --no-deps --require-hashes -r "$root/requirements/$1.txt" ||
        fail "Not all packages could be installed; the reason is above. Run the same command again."
    pip_install -qq --no-deps --no-build-isolation -e "$root" || fail "homeschool itself could not be installed."
    fingerprint core >"$venv/.homeschool-core"
    if [[ $1 == dev ]]; then fingerprint dev >"$venv/.homeschool-dev"; fi # dev.txt holds all of core.txt
    rm -f "$unfinished"
}

note() { if [[ -f $1 ]]; then cat -- "$1"; fi; }

fingerprint() { # the path counts, because an environment does not survive being moved
    local files=("$(torch_file)" core.txt)
    if [[ $1 == dev ]]; then files+=(dev.txt); fi
    (cd -- "$root/requirements" && { printf '%s %s\n' "$venv" "$torch" && cat -- "${files[@]}" ../pyproject.toml; } | cksum)
}

make_venv() {
    if [[ -e $made && ( -e $unfinished || $(note "$made") != "$venv" ) ]]; then
        say "The environment in .venv was left half-made or has been moved; making it anew"
        rm -rf -- "$venv"
    fi
    if [[ -e $venv ]]; then
        supported "$python" || fail "The Python in $venv does not run, or is not one of 3.11 to 3.14." \
            "Remove that folder and run the same command again."
        return
    fi
    local base
    base=$(find_python)
    "$base" -c 'import ensurepip, venv' 2>/dev/null || fail "$base lacks the module venv, which makes environments." \
        "On Debian and Ubuntu: apt install python3-venv. Then run the same command again."
    say "Making .venv with $("$base" --version)"
    mkdir -- "$venv"
    printf '%s\n' "$venv" >"$made"
    : >"$unfinished"
    "$base" -m venv -- "$venv" || fail "The environment $venv could not be made; the reason is above."
}

supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; }

find_python() {
    local candidate found candidates=(python3 python3.11 python3.12 python3.13 python3.14)
    if [[ -n ${PYTHON:-} ]]; then candidates=("$PYTHON"); fi
    for candidate in "${candidates[@]}"; do
        if supported "$candidate"; then
            command -v -- "$candidate"
            return
        fi
    done
    found=$("${candidates[0]}" --version 2>/dev/null) || found='not there'
    fail "homeschool needs Python 3.11 to 3.14; ${candidates[0]} is $found." \
        "Install one of these, or name the one to use: PYTHON=/path/to/python3.11 bash $0"
}

pip_install() { PIP_DISABLE_PIP_VERSION_CHECK=1 "$python" -m pip install --no-input "$@" >&2; }

choose_torch() { # sets $torch
    local chosen
    read -r chosen _ <<<"$(note "$torch_note")"
    torch=${HOMESCHOOL_TORCH:-$chosen}
    if [[ -z $torch ]]; then if holds_torch; then torch=own; else torch=cpu; fi; fi
    case $torch in
    cpu | cuda | own) ;;
    *) fail "HOMESCHOOL_TORCH is \"$torch\"; expected cpu, cuda or own." ;;
    esac
}

torch_file() { if [[ $torch == cuda ]]; then echo torch-cuda.txt; else echo torch.txt; fi; }

holds_torch() { # 2.6 or newer; asked of the metadata, since importing torch takes seconds
    [[ -x $python && ! -e $unfinished ]] && "$python" - 2>/dev/null <<'END'
from importlib.metadata import version

assert tuple(int(part) for part in version("torch").split(".")[:2]) >= (2, 6)
END
}

install_torch() {
    local wanted
    if [[ $torch == own ]]; then
        "$python" -c 'from importlib.metadata import version; print("Keeping torch", version("torch"))' >&2 2>/dev/null ||
            fail 'HOMESCHOOL_TORCH is "own", but .venv holds no torch; install torch 2.6 or newer there first.'
        echo own >"$torch_note"
        return
    fi
    wanted="$torch $(cksum <"$root/requirements/$(torch_file)")"
    if [[ $(note "$torch_note") == "$wanted" ]]; then return; fi
    # pip takes 2.13.0+cpu for 2.13.0, so one build does not replace another by itself.
    if [[ -f $torch_note ]]; then "$python" -m pip uninstall --quiet --yes torch >&2; fi
    say "Installing PyTorch ($torch build)"
    pip_install --no-deps --require-hashes -r "$root/requirements/$(torch_file)" || fail_for_torch
    printf '%s\n' "$wanted" >"$torch_note"
}

fail_for_torch() {
    fail "" "PyTorch could not be installed from requirements/$(torch_file); pip's reason is above." \
        "If the reason is 'No matching distribution': the package index that pip uses by default has, for Linux, only the" \
        "build for NVIDIA GPUs, several gigabytes with its libraries, and none at all for Macs with Intel processors." \
        "On Linux, do one of these:" \
        "  - CPU build, 190 MB (what the tests and the quickstart are made for): give pip the CPU index that PyTorch's own" \
        "    install page names as --index-url for Linux, pip, CPU, and run this again:" \
        "        PIP_EXTRA_INDEX_URL=THAT_ADDRESS bash $0" \
        "  - build for NVIDIA GPUs, about 3 GB:" \
        "        HOMESCHOOL_TORCH=cuda bash $0" \
        "  - a build of your own choice, 2.6 or newer: install it into .venv, and run this again. It is kept:" \
        "        rm -rf .venv && python3 -m venv .venv && .venv/bin/python -m pip install torch" \
        "If the reason is a checksum that differs, the index serves another file than the one this project was tested with."
}
