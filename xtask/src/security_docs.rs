//! What the security pages name is there: a threat is answered by a test that exists, and a line of the
//! checklist that is met says where.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use crate::paths;

    /// The names of all tests under a folder, whichever language they are in.
    fn tests_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", "node_modules", ".git", "dist"].contains(&name.as_str()) {
                    tests_in(&path, found);
                }
            } else if name.ends_with(".rs") || name.ends_with(".py") {
                let text = fs::read_to_string(&path).unwrap();
                let mut is_test = name.ends_with(".py");
                for line in text.lines() {
                    let line = line.trim_start();
                    if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                        is_test = true;
                    }
                    let line = line.trim_start_matches("async ");
                    let function = line.strip_prefix("fn ").or(line.strip_prefix("def "));
                    if let Some(function) = function.filter(|_| is_test) {
                        let end = function.find(|c: char| !c.is_alphanumeric() && c != '_');
                        found.insert(function[..end.unwrap_or(function.len())].to_owned());
                        is_test = name.ends_with(".py");
                    }
                }
            }
        }
    }

    fn page(name: &str) -> String {
        fs::read_to_string(paths::root().join("docs/security").join(name)).unwrap()
    }

    /// The cells of each line of the page's tables.
    fn rows(page: &str) -> Vec<Vec<&str>> {
        page.lines()
            .filter(|line| {
                line.starts_with('|') && !line.starts_with("|--") && !line.starts_with("| --")
            })
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect()
    }

    #[test]
    fn every_threat_is_answered_by_a_test_that_exists() {
        let mut tests = BTreeSet::new();
        tests_in(paths::root(), &mut tests);
        assert!(tests.len() > 700, "{}", tests.len());
        let page = page("threat-model.md");
        let mut threats = 0;
        for row in rows(&page) {
            let [id, _, _, _, answers] = row[..] else {
                continue;
            };
            if !id.starts_with(|c: char| c.is_ascii_uppercase())
                || !id.ends_with(|c: char| c.is_ascii_digit())
            {
                continue;
            }
            threats += 1;
            let named: Vec<_> = answers.split('`').skip(1).step_by(2).collect();
            assert!(!named.is_empty(), "{id} names no test");
            for name in named {
                assert!(tests.contains(name), "{id}: there is no test `{name}`");
            }
        }
        assert!(threats >= 60, "{threats}");
    }

    #[test]
    fn the_checklist_has_every_requirement_of_levels_1_and_2_once() {
        let page = page("asvs.md");
        let mut ids = BTreeSet::new();
        for row in rows(&page) {
            let [id, level, _, standing, evidence] = row[..] else {
                continue;
            };
            if !id.contains('.') {
                continue;
            }
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
            assert!(["1", "2"].contains(&level), "{id}: level {level}");
            let known = ["met", "partly", "not met", "n/a", "operator"];
            assert!(known.contains(&standing), "{id}: {standing}");
            assert!(evidence.len() > 3, "{id} says nothing");
        }
        // ASVS 5.0.0: 70 of level 1 and 183 of level 2.
        assert_eq!(ids.len(), 253);
    }
}
