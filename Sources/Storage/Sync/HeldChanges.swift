import Domain

/// What waits because it is too much at once, until a person lets it go or it is over.
extension SyncState {
  private static let prefix = "held-"

  private static func name(_ kind: HeldChange.Kind, _ resource: Resource) -> String {
    "\(prefix)\(kind.rawValue):\(resource.rawValue)"
  }

  /// What waits of a kind; nil when nothing does.
  public func held(
    _ kind: HeldChange.Kind, _ service: Service, _ resource: Resource
  ) throws(StorageError) -> HeldChange? {
    let name = Self.name(kind, resource)
    return try memory(service, name).flatMap { Self.change(service, name, $0) }
  }

  /// Everything that waits.
  public func heldChanges() throws(StorageError) -> [HeldChange] {
    try connection.rows(
      """
      SELECT service, name, value FROM provider_memory
      WHERE name LIKE 'held-%' AND value <> '' ORDER BY service, name
      """
    ) { row in
      Service(rawValue: row.text(0)).flatMap { Self.change($0, row.text(1), row.text(2)) }
    }.compactMap(\.self)
  }

  private static func change(
    _ service: Service, _ name: String, _ value: String
  ) -> HeldChange? {
    let parts = name.dropFirst(prefix.count).split(separator: ":").map(String.init)
    guard parts.count == 2, let kind = HeldChange.Kind(rawValue: parts[0]),
      let resource = Resource(rawValue: parts[1]), !value.isEmpty,
      let json = try? JSONValue(parsing: value)
    else { return nil }
    let names = (json["names"]?.array ?? []).compactMap(\.string)
    return HeldChange(
      kind, service, resource, text: json["text"]?.string ?? "", names: names,
      count: json["count"]?.int ?? names.count)
  }

  /// Notes what waits.
  public func keep(_ held: HeldChange) throws(StorageError) {
    let json: JSONValue = [
      "text": .string(held.text), "names": .array(held.names.map { .string($0) }),
      "count": .int(held.count),
    ]
    try remember(held.service, Self.name(held.kind, held.resource), json.canonicalText)
  }

  /// Nothing of this kind waits any more.
  public func endHeld(
    _ kind: HeldChange.Kind, _ service: Service, _ resource: Resource
  ) throws(StorageError) {
    try remember(service, Self.name(kind, resource), "")
  }
}
