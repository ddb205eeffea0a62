//! Codex Cloud as one of the kinds of providers.

use super::{ClientEnv, CodexCloud, CodexProfile, Dialect, TITLE};
use crate::app::App;
use crate::error::{Error, Result};
use crate::model::{Finding, Profile, ProviderName};
use crate::provider::{BaseKind, Capabilities, Place, Provider, ProviderKind, RetryPolicy};
use crate::settings;

/// Codex Cloud, through the `codex` program.
pub struct CodexCloudKind;

impl ProviderKind<App> for CodexCloudKind {
    fn name(&self) -> ProviderName {
        ProviderName::CODEX_CLOUD
    }

    fn title(&self) -> &str {
        TITLE
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            is_paid: true,
            needs_environment: true,
            base: BaseKind::RemoteBranch,
            place: Place::Service,
            // The codex program has no command that ends a cloud task.
            can_cancel: false,
            longest_interval: None,
        }
    }

    fn open<'c>(
        &self,
        app: &'c App,
        profile: Option<&Profile>,
        retry_policy: RetryPolicy,
    ) -> Result<Box<dyn Provider + 'c>> {
        Ok(Box::new(open(app, profile, retry_policy)?))
    }

    fn examine(&self, app: &App, env: Option<&str>) -> Vec<Finding> {
        let cloud = match open(app, None, RetryPolicy::Some) {
            Ok(cloud) => cloud,
            Err(error) => return vec![Finding::fail("codex_command", error)],
        };
        let program = cloud.client.program().display().to_string();
        let version = cloud.version().unwrap_or("of unknown version").to_owned();
        let mut findings = vec![
            Finding::ok("codex_command", &program, &format!("codex {version}")),
            Finding::ok("codex_dialect", cloud.dialect.as_str(), "git-puff supports it"),
        ];
        let access = cloud.check(None);
        let reached = access.is_ok();
        let access = access.map(|()| String::new()).map_err(Error::from);
        findings.push(Finding::of("cloud_access", access, "signed in, and Codex Cloud answers"));
        let named = env.map(str::to_owned).or_else(|| app.settings.text(settings::ENV));
        match named {
            None => findings.push(Finding::warn(
                "environment",
                "",
                "no cloud environment is named".to_owned(),
                "name one with --env, or keep it: git config puff.env ENV; 'git puff create' shows how to make one",
            )),
            Some(_) if !reached => {}
            Some(env) => {
                let checked = cloud.check(Some(&env)).map(|()| env.clone()).map_err(Error::from);
                findings.push(Finding::of("environment", checked, "the environment exists"));
            }
        }
        findings
    }
}

fn open(app: &App, profile: Option<&Profile>, retry_policy: RetryPolicy) -> Result<CodexCloud> {
    let profile = profile.and_then(CodexProfile::of).unwrap_or_else(|| CodexProfile::of_here(app));
    app.layout.prepare()?;
    let dialect = app.settings.choice::<Dialect>(settings::DIALECT)?;
    let at = ClientEnv {
        cwd: &app.layout.cwd(),
        git_dir: &app.repo.location().common_dir,
        cache: &app.layout.cache("codex.json"),
        patience: retry_policy,
    };
    Ok(CodexCloud::open(&profile, dialect, &at)?)
}
