import Domain
enum Shim {
  static let statements: [String] = {
    var out: [String] = [
      "CREATE TABLE ownership(owner_id INTEGER, property_id INTEGER)",
      "CREATE TABLE lease_tenants(lease_id INTEGER, tenant_id INTEGER)",
      "CREATE TABLE bill_workflow(bill_id INTEGER, approval_state TEXT)",
      "CREATE TABLE shim_unresolved(resource TEXT, local_id INTEGER, target TEXT)",
    ]
    var seen: Set<String> = []
    for resource in Resource.allCases {
      let schema = RecordSchema.of(resource)
      guard seen.insert(schema.table).inserted else { continue }
      let cols = schema.fields.map { "\"\($0.name)\"" }
      out.append("CREATE TABLE \(schema.table)(id INTEGER PRIMARY KEY AUTOINCREMENT, \(schema.buildiumIDColumn) TEXT UNIQUE, json TEXT, \((cols).joined(separator: ",")))".replacing("\"\(schema.buildiumIDColumn)\",", with: ""))
      if let lines = schema.lineTable { out.append("CREATE TABLE \(lines.name)(\(lines.parentColumn) INTEGER, gl_account_id INTEGER)") }
    }
    return out
  }()
}
extension SyncRecords {
  public func record(_ resource: Resource, _ id: LocalID) throws(StorageError) -> Record? { try sync.record(resource, id) }
  func local(_ key: RemoteKey) throws(StorageError) -> LocalID? {
    let s = RecordSchema.of(key.resource)
    return try transaction.connection.row("SELECT id FROM \(s.table) WHERE \(s.buildiumIDColumn) = $1", .text(key.id)) { $0.int64(0) }
  }
  public func store(_ record: RemoteRecord) throws(StorageError) -> LocalID {
    let c = transaction.connection
    let s = RecordSchema.of(record.key.resource)
    let id = try c.row("INSERT INTO \(s.table)(\(s.buildiumIDColumn)) VALUES($1) ON CONFLICT DO UPDATE SET json=NULL RETURNING id", .text(record.key.id)) { $0.int64(0) } ?? 0
    try write(record.key.resource, id, record.record)
    return id
  }
  func write(_ resource: Resource, _ id: LocalID, _ record: Record) throws(StorageError) {
    let c = transaction.connection
    let s = RecordSchema.of(resource)
    try c.run("UPDATE \(s.table) SET json=$1 WHERE id=$2", .text(record.json.canonicalText), .local(id))
    try c.run("DELETE FROM shim_unresolved WHERE resource=$1 AND local_id=$2", .text(resource.rawValue), .local(id))
    for f in s.fields {
      var v: SQLValue? = nil
      switch record[f.name] {
      case .reference(let k):
        if let l = try local(k) { v = .local(l) } else { try c.run("INSERT INTO shim_unresolved VALUES($1,$2,$3)", .text(resource.rawValue), .local(id), .text(k.description)) }
      case .references(let ks):
        for k in ks where try local(k) == nil { try c.run("INSERT INTO shim_unresolved VALUES($1,$2,$3)", .text(resource.rawValue), .local(id), .text(k.description)) }
      case .date(let d): v = .date(d)
      case .money(let m): v = .money(m)
      case .text(let t): v = .text(t)
      default: break
      }
      try c.run("UPDATE \(s.table) SET \"\(f.name)\"=$1 WHERE id=$2", v, .local(id))
    }
    if let l = s.lineTable {
      try c.run("DELETE FROM \(l.name) WHERE \(l.parentColumn)=$1", .local(id))
      for line in record.lines {
        let g = try line["gl_account_id"]?.reference.flatMap { (k) throws(StorageError) in try local(k) }
        try c.run("INSERT INTO \(l.name)(\(l.parentColumn), gl_account_id) VALUES($1,$2)", .local(id), g.map { .local($0) })
      }
    }
    if resource == .owners {
      try c.run("DELETE FROM ownership WHERE owner_id=$1", .local(id))
      for k in record["property_ids"].links { if let l = try local(k) { try c.run("INSERT INTO ownership VALUES($1,$2)", .local(id), .local(l)) } }
    }
    if resource == .leases {
      try c.run("DELETE FROM lease_tenants WHERE lease_id=$1", .local(id))
      for k in record["tenant_ids"].links { if let l = try local(k) { try c.run("INSERT INTO lease_tenants VALUES($1,$2)", .local(id), .local(l)) } }
    }
  }
  public func remove(_ resource: Resource, _ id: LocalID) throws(StorageError) {
    let c = transaction.connection
    let s = RecordSchema.of(resource)
    try c.run("DELETE FROM \(s.table) WHERE id=$1", .local(id))
    if let l = s.lineTable { try c.run("DELETE FROM \(l.name) WHERE \(l.parentColumn)=$1", .local(id)) }
    if resource == .owners { try c.run("DELETE FROM ownership WHERE owner_id=$1", .local(id)) }
    if resource == .properties { try c.run("DELETE FROM ownership WHERE property_id=$1", .local(id)) }
    if resource == .leases { try c.run("DELETE FROM lease_tenants WHERE lease_id=$1", .local(id)) }
    if resource == .tenants { try c.run("DELETE FROM lease_tenants WHERE tenant_id=$1", .local(id)) }
  }
  public func resolveLinks() throws(StorageError) -> [(Resource, LocalID)] {
    let rows = try transaction.connection.rows("SELECT DISTINCT resource, local_id, target FROM shim_unresolved") { ($0.text(0), $0.int64(1), $0.text(2)) }
    var out: [(Resource, LocalID)] = []
    for (r, id, t) in rows {
      guard let k = RemoteKey(t), let res = Resource(rawValue: r), try local(k) != nil, let rec = try record(res, id) else { continue }
      try write(res, id, rec)
      out.append((res, id))
    }
    return out
  }
  public func hash(_ record: Record) -> String { record.json.canonicalText }
}
extension SyncState {
  public func record(_ resource: Resource, _ id: LocalID) throws(StorageError) -> Record? {
    let s = RecordSchema.of(resource)
    guard let t = try connection.row("SELECT json FROM \(s.table) WHERE id=$1", .local(id), row: { $0.text(0) }), let j = try? JSONValue(parsing: t) else { return nil }
    var r = Record(resource)
    for f in s.fields { if let m = j[f.name], let v = f.kind.value(json: m) { r[f.name] = v } }
    for l in j["lines"]?.array ?? [] {
      var line: FieldValues = [:]
      for f in s.lineFields { if let m = l[f.name], let v = f.kind.value(json: m) { line[f.name] = v } }
      r.lines.append(line)
    }
    return r
  }
  public func hash(_ text: String) -> String { text }
  public func earliestDate(_ resource: Resource, field: String) throws(StorageError) -> CalendarDate? { nil }
}
extension Store {
  public func copy(to path: String) throws(StorageError) -> Store {
    try write { (t) throws(StorageError) in }
    let c = try Connection(path: self.path, access: .readOnly)
    try c.run("VACUUM INTO $1", .text(path))
    return try Store(path: path, sealing: sealing, now: { Instant(milliseconds: 0) })
  }
}
