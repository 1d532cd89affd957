import Domain

extension Store {
  /// A store with the same content in a file of its own, to try things on.
  ///
  /// - Throws: ``StorageError`` of kind `diskFull` or `cannotOpen`, with nothing left behind that
  ///   would be taken for a store.
  public func copy(
    to path: String, now: @escaping @Sendable () -> Instant
  ) throws(StorageError) -> Store {
    let connection = try Connection(path: self.path, access: .readOnly)
    try connection.run("VACUUM INTO $1", .text(path))
    return try Store(path: path, sealing: sealing, now: now)
  }
}
