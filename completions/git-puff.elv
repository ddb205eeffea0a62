# Completes 'git-puff …' and 'git puff …'. What may stand at the cursor is asked of git-puff itself, so that this never gets
# old.

use str

fn git-puff-offer {|@words|
  var offer = [(try { e:git-puff complete -- $@words 2>/dev/null | from-lines } catch { nop })]
  if (== (count $offer) 0) {
    return
  }
  for line $offer[1..] {
    var value about = (str:split "\t" $line)
    var suffix = ' '
    if (or (str:has-suffix $value ':') (str:has-suffix $value '=')) {
      set suffix = ''
    }
    var display = $value
    if (not-eq $about '') {
      set display = $value' ('$about')'
    }
    edit:complex-candidate $value &code-suffix=$suffix &display=$display
  }
  if (has-value [files folders] $offer[0]) {
    edit:complete-filename $words[-1]
  }
}

set edit:completion:arg-completer[git-puff] = {|@words| git-puff-offer (all $words[1..]) }

# Below 'git', in front of whatever completes that.
var git-completer = $nil
if (has-key $edit:completion:arg-completer git) {
  set git-completer = $edit:completion:arg-completer[git]
}
set edit:completion:arg-completer[git] = {|@words|
  if (and (> (count $words) 2) (eq $words[1] puff)) {
    git-puff-offer (all $words[2..])
  } elif (not-eq $git-completer $nil) {
    $git-completer $@words
  } else {
    edit:complete-filename $words[-1]
  }
}
