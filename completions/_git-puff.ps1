# Completes 'git-puff …'. What may stand at the cursor is asked of git-puff itself, so that this never gets old.

Register-ArgumentCompleter -Native -CommandName 'git-puff' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text } })
    $typed = $wordToComplete.Trim("'", '"')
    # An empty word would get lost on its way to a program; a '--' in front of all keeps options from being ours.
    $arguments = @('complete', '--') + $before + @($(if ($typed -eq '' -and $PSVersionTable.PSVersion -lt '7.3') { '""' } else { $typed }))
    $offer = @(& git-puff @arguments 2>$null)
    foreach ($line in $offer | Select-Object -Skip 1) {
        $value, $about = $line -split "`t", 2
        $text = if ($value -match '[^A-Za-z0-9_./:=+-]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
        $tip = if ($about) { $about } else { $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $tip)
    }
    if ($offer.Count -gt 0 -and $offer[0] -in 'files', 'folders') {
        [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
    }
}
