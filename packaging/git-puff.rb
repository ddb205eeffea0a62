# A Homebrew formula that builds git-puff from its source. 'packaging/formula URL SHA256' fills in where a release's
# source is, and its checksum.
class GitPuff < Formula
  desc "Send one task to several coding agents, harvest every attempt, choose the best"
  homepage "@HOMEPAGE@"
  url "@URL@"
  sha256 "@SHA256@"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build
  depends_on "git"

  def install
    system "cargo", "install", *std_cargo_args
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/git-puff.bash" => "git-puff"
    zsh_completion.install "completions/_git-puff"
    # fish's own completion of git does not look for ours: this is read at its start.
    (share/"fish/vendor_conf.d").install "completions/git-puff.fish"
    (share/"elvish/lib").install "completions/git-puff.elv"
    pkgshare.install "completions/_git-puff.ps1" => "git-puff.ps1"
  end

  test do
    system "git", "init", "--quiet", "."
    assert_match "no runs", shell_output("#{bin}/git-puff list 2>&1")
    assert_match version.to_s, shell_output("#{bin}/git-puff --version")
  end
end
