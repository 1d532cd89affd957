import CTerm
import Glibc

/// The clipboard of the desktop the program runs on, through the programs that desktops have for it.
/// It holds any length, and works in terminals that do not let programs copy.
enum DesktopClipboard {
  /// A program that hangs on a display that is gone must not hold the screen up.
  private static let milliseconds: Int32 = 1000

  /// The programs to try, the likeliest first; none where there is no desktop.
  static func programs(_ isSet: (String) -> Bool) -> [[String]] {
    (isSet("WAYLAND_DISPLAY") ? [["wl-copy"]] : [])
      + (isSet("DISPLAY")
        ? [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]] : [])
  }

  /// Copies the text; the name of the program that took it, or nil when none did.
  static func copy(_ text: String) -> String? {
    let programs = programs { getenv($0).map { $0.pointee != 0 } ?? false }
    return programs.first { words in
      var pointers = words.map { UnsafePointer<CChar>(strdup($0)) }
      defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
      pointers.append(nil)
      return cterm_feed(pointers, text, text.utf8.count, milliseconds) == 0
    }?.first
  }
}
