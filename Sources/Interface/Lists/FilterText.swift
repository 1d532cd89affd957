import Domain

/// Reads a filter as it is typed.
enum FilterText {
  /// Why a filter cannot be read, in words.
  struct Problem: Error, Hashable, CustomStringConvertible { let description: String }

  static func read(_ text: String, _ list: ListName) -> Result<[ListTerm], Problem> {
    .success(
      text.split(separator: " ").map { word in
        word.hasPrefix("-") && word.count > 1
          ? ListTerm(column: nil, .contains, String(word.dropFirst()), isNegated: true)
          : ListTerm(column: nil, .contains, String(word))
      })
  }
}
