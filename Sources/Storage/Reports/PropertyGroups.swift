// Groups of properties that an owner's rules hold in.
import Domain

/// Properties under one name.
public struct PropertyGroup: Sendable, Hashable {
  /// Its id in the store.
  public let id: LocalID
  /// Its name.
  public let name: String
  /// The ids of its properties in the store.
  public let properties: [LocalID]
}

extension Store {
  /// Every group, by name.
  public func propertyGroups() throws(StorageError) -> [PropertyGroup] {
    try read { connection throws(StorageError) in try PropertyGroups.all(connection) }
  }

  /// Takes properties into a group, which is made when there is none of that name, and others out.
  public func changeGroup(
    _ name: String, adding: [LocalID], removing: [LocalID], actor: String
  ) throws(StorageError) -> PropertyGroup {
    try write { transaction throws(StorageError) in
      let connection = transaction.connection
      try connection.run(
        """
        INSERT INTO property_groups (id, name, created_by, created_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name) DO NOTHING
        """, .local(LocalIDs.new(at: transaction.now)), .text(name), .text(actor),
        .instant(transaction.now))
      guard let group = try PropertyGroups.all(connection).first(where: { $0.name == name }) else {
        throw StorageError(.constraint, "The group “\(name)” was not kept.")
      }
      for property in adding {
        try connection.run(
          """
          INSERT INTO property_group_members (group_id, property_id) VALUES ($1, $2)
          ON CONFLICT (group_id, property_id) DO NOTHING
          """, .local(group.id), .local(property))
      }
      for property in removing {
        try connection.run(
          "DELETE FROM property_group_members WHERE group_id = $1 AND property_id = $2",
          .local(group.id), .local(property))
      }
      transaction.note(.settings)
      return try PropertyGroups.all(connection).first { $0.id == group.id } ?? group
    }
  }
}

/// Reads groups.
enum PropertyGroups {
  static func all(_ connection: Connection) throws(StorageError) -> [PropertyGroup] {
    var members: [LocalID: [LocalID]] = [:]
    let pairs = try connection.rows(
      "SELECT group_id, property_id FROM property_group_members ORDER BY property_id"
    ) { row throws(StorageError) in (row.localID(0), row.localID(1)) }
    for (group, property) in pairs { members[group, default: []].append(property) }
    return try connection.rows("SELECT id, name FROM property_groups ORDER BY name") {
      row throws(StorageError) in
      PropertyGroup(
        id: row.localID(0), name: row.text(1), properties: members[row.localID(0)] ?? [])
    }
  }
}
