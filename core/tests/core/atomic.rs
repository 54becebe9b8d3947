//! Atomic writes: properties that a replaced file keeps, files that are not replaced, and concurrent writers.

#![cfg(unix)]

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use layercake::io::write_atomically;

/// A new, separate folder for each test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("atomic").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// This test binary as a child process that performs `role` on `at`.
fn child(role: &str, at: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "atomic::as_a_child", "--nocapture"]).env("ATOMIC_ROLE", role).env("ATOMIC_AT", at);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The work of the child processes; does nothing in a normal test run.
#[test]
fn as_a_child() {
    let (Ok(role), Ok(at)) = (std::env::var("ATOMIC_ROLE"), std::env::var("ATOMIC_AT")) else { return };
    let at = PathBuf::from(at);
    match role.as_str() {
        "one" => (0..40).for_each(|_| write_atomically(&at, &[b'1'; 30_000]).unwrap()),
        "two" => (0..40).for_each(|_| write_atomically(&at, &[b'2'; 20_000]).unwrap()),
        "forever" => loop {
            write_atomically(&at, &vec![b'3'; 8 << 20]).unwrap();
        },
        "stdout" => write_atomically(&at, b"drawn\n").unwrap(),
        role => panic!("{role}"),
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    bytes == [b'1'; 30_000] || bytes == [b'2'; 20_000]
}

#[test]
fn threads_and_processes_write_to_one_path() {
    let folder = folder("many");
    let path = folder.join("model");
    let mut children: Vec<_> = ["one", "two", "one"].map(|role| child(role, &path).spawn().unwrap()).into();
    thread::scope(|scope| {
        for threads in 0..4 {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..40 {
                    let bytes = if threads % 2 == 0 { vec![b'1'; 30_000] } else { vec![b'2'; 20_000] };
                    write_atomically(path, &bytes).unwrap();
                    assert!(is_whole(&fs::read(path).unwrap()));
                }
            });
        }
    });
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert!(is_whole(&fs::read(&path).unwrap()));
    assert_eq!(names(&folder), ["model"]);
}

#[test]
fn what_killed_writers_leave_goes_away() {
    let folder = folder("killed");
    let path = folder.join("model");
    let mut left = 0;
    for _ in 0..12 {
        let mut writer = child("forever", &path).spawn().unwrap();
        while names(&folder).len() < 2 {
            thread::sleep(Duration::from_micros(200));
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        left = left.max(names(&folder).len());
        assert!(names(&folder).len() <= 2, "the next writer has removed what the last one left");
    }
    assert_eq!(left, 2, "a writer was killed half-way");
    // A user's files are kept, whatever their names.
    for kept in [".model.tmp", "model.0123456789abcdef.layercake.tmp", ".notes.layercake.tmp"] {
        fs::write(folder.join(kept), "").unwrap();
    }
    write_atomically(&folder.join("other"), b"").unwrap();
    let mut kept = names(&folder);
    kept.retain(|name| name != "model");
    assert_eq!(kept, [".model.tmp", ".notes.layercake.tmp", "model.0123456789abcdef.layercake.tmp", "other"]);
}

#[test]
fn permissions_are_kept() {
    let folder = folder("modes");
    fs::write(folder.join("plain"), "").unwrap();
    let usual = mode(&folder.join("plain"));
    write_atomically(&folder.join("new"), b"x").unwrap();
    assert_eq!(mode(&folder.join("new")), usual, "as the umask has it");
    for kept in [0o600, 0o640, 0o666, 0o755] {
        let path = folder.join("kept");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
        let before = fs::metadata(&path).unwrap();
        write_atomically(&path, b"new").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!((mode(&path), after.uid(), after.gid()), (kept, before.uid(), before.gid()));
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}

#[test]
fn links_are_followed() {
    let folder = folder("links");
    fs::create_dir(folder.join("elsewhere")).unwrap();
    fs::write(folder.join("elsewhere/real"), "old").unwrap();
    fs::set_permissions(folder.join("elsewhere/real"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("elsewhere/real", folder.join("first")).unwrap();
    symlink(folder.join("first"), folder.join("second")).unwrap();
    write_atomically(&folder.join("second"), b"new").unwrap();
    assert_eq!((fs::read(folder.join("elsewhere/real")).unwrap(), mode(&folder.join("elsewhere/real"))), (b"new".to_vec(), 0o600));
    // A link to a file that does not exist yet.
    symlink("elsewhere/later", folder.join("third")).unwrap();
    write_atomically(&folder.join("third"), b"there").unwrap();
    assert_eq!(fs::read(folder.join("elsewhere/later")).unwrap(), b"there");
    for link in ["first", "second", "third"] {
        assert!(fs::symlink_metadata(folder.join(link)).unwrap().is_symlink(), "{link}");
    }
    assert_eq!((names(&folder).len(), names(&folder.join("elsewhere")).len()), (4, 2));
    symlink("round", folder.join("about")).unwrap();
    symlink("about", folder.join("round")).unwrap();
    assert!(write_atomically(&folder.join("about"), b"").is_err());
}

#[test]
fn long_names() {
    let folder = folder("long");
    for length in [200, 240, 244, 245, 250, 254, 255] {
        let path = folder.join("m".repeat(length));
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two", "{length}");
    }
    write_atomically(&folder.join("ü".repeat(127)), b"").unwrap();
    assert!(write_atomically(&folder.join("m".repeat(256)), b"").is_err());
    assert_eq!(names(&folder).len(), 8);
}

/// A device file created for the test, if the system permits it: a failure would delete the system's device.
fn device(folder: &Path, name: &str, minor: &str) -> PathBuf {
    let own = folder.join(name);
    let made = Command::new("mknod").arg(&own).args(["c", "1", minor]).stderr(Stdio::null()).status();
    if made.is_ok_and(|status| status.success()) && fs::OpenOptions::new().write(true).open(&own).is_ok() {
        return own;
    }
    Path::new("/dev").join(name)
}

#[test]
fn devices_and_pipes_are_written_to() {
    let folder = folder("pipes");
    for (name, minor, expected) in [("null", "3", Ok(())), ("full", "7", Err(io::ErrorKind::StorageFull))] {
        let device = device(&folder, name, minor);
        if !device.exists() {
            continue;
        }
        assert_eq!(write_atomically(&device, b"x").map_err(|error| error.kind()), expected);
        assert!(fs::symlink_metadata(&device).unwrap().file_type().is_char_device(), "{name} is still a device");
        // With a link to a device, neither of the two is replaced.
        let link = folder.join(format!("to {name}"));
        symlink(&device, &link).unwrap();
        assert_eq!(write_atomically(&link, b"x").map_err(|error| error.kind()), expected);
        assert!(fs::metadata(&link).unwrap().file_type().is_char_device() && fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    let pipe = folder.join("pipe");
    if Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        write_atomically(&pipe, b"through the pipe").unwrap();
        assert_eq!(reader.join().unwrap(), b"through the pipe");
        assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }
}

/// Standard output as a pipe, and as a file that already has content.
#[test]
fn standard_output() {
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        if !Path::new(name).exists() {
            continue;
        }
        let mut process = child("stdout", Path::new(name)).stdout(Stdio::piped()).spawn().unwrap();
        let mut text = String::new();
        process.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(process.wait().unwrap().success() && text.contains("drawn\n"), "{name}: {text}");

        let path = folder("stdout").join("log");
        let file = fs::File::create(&path).unwrap();
        io::Write::write_all(&mut &file, b"before\n").unwrap();
        let again = file.try_clone().unwrap();
        assert!(child("stdout", Path::new(name)).stdout(file).status().unwrap().success(), "{name}");
        io::Write::write_all(&mut &again, b"after\n").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("before\n") && text.contains("drawn\n") && text.ends_with("after\n"), "{name}: {text}");
    }
}

#[test]
fn folders_are_refused() {
    let folder = folder("folders");
    fs::create_dir(folder.join("d")).unwrap();
    symlink("d", folder.join("link")).unwrap();
    let text = |end: &str| format!("{}/{end}", folder.display());
    for path in ["d", "d/", "link", "new/", "new/.", "d/.."] {
        let error = write_atomically(Path::new(&text(path)), b"").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory, "{path}");
    }
    assert!(write_atomically(Path::new(""), b"").is_err());
    assert!(write_atomically(&folder.join("absent/file"), b"").is_err());
    assert_eq!(names(&folder), ["d", "link"]);
}
