import Domain

/// Files of bills and of task histories: metadata here, the bytes by a separate upload address.
enum FileRoutes {
  static let all: [Route] =
    family("/v1/bills/#/files", .bills) { (state, call) throws(Refusal) in
      .bill(try state.find(state.portfolio.bills, call.id(0), "bill").id)
    }
    + family("/v1/tasks/#/history/#/files", .tasks) {
      (state, call) throws(Refusal) in
      .taskHistory(try state.taskChange(call).id)
    }

  private static func family(
    _ path: String, _ resource: BuildiumResource,
    parent: @escaping @Sendable (BuildiumState, Call) throws(Refusal) -> StoredFile.Parent
  ) -> [Route] {
    [
      .get(path, resource, "paging") { (state, call) throws(Refusal) in
        let parent = try parent(state, call)
        let rows = state.portfolio.files.rows.filter { $0.parent == parent }
        return try state.list(rows, call, keys) { state.write($1, &$0) }
      },
      .send("POST", path + "/uploads", resource, "FileName") { (state, call) throws(Refusal) in
        state.startUpload(to: try parent(state, call), call)
      },
      .get(path + "/#", resource) { (state, call) throws(Refusal) in
        let file = try state.file(of: try parent(state, call), call)
        return state.object { state.write(file, &$0) }
      },
      .send("DELETE", path + "/#", resource) { (state, call) throws(Refusal) in
        let file = try state.file(of: try parent(state, call), call)
        state.portfolio.files.remove(file.id)
        return .noContent
      },
      .send("POST", path + "/#/downloadrequest", resource) { (state, call) throws(Refusal) in
        let file = try state.file(of: try parent(state, call), call)
        return state.created("\(path)/\(file.id)") {
          $0.put("DownloadUrl", "\(call.base)/_sandbox/buildium/files/\(file.physicalName)")
        }
      },
    ]
  }

  static let keys: SortKeys<StoredFile> = [
    "id": { .id($0.id) }, "title": { .text($0.title) },
    "physicalfilename": { .text($0.physicalName) }, "size": { .number($0.size) },
    "uploadeddatetime": { .time($0.uploaded) },
  ]
}

extension BuildiumState {
  func file(of parent: StoredFile.Parent, _ call: Call) throws(Refusal) -> StoredFile {
    guard let id = call.ids.last, let file = portfolio.files[id], file.parent == parent else {
      throw Refusal.notFound("file")
    }
    return file
  }

  /// Says where the bytes go. The file has no number before they have arrived.
  mutating func startUpload(to parent: StoredFile.Parent, _ call: Call) -> Answer {
    let title = call.body.text("FileName") ?? ""
    let name = "upload-\(portfolio.nextPartId())"
    pendingUploads[name] = PendingUpload(parent: parent, title: title)
    return created("/v1/files") { writer in
      writer.put("UploadUrl", "\(call.base)/_sandbox/buildium/uploads/\(name)")
      writer.put("PhysicalFileName", name)
      writer.object("Headers") { $0.put("x-amz-meta-sandbox", name) }
    }
  }

  /// Takes the bytes of an upload; false when none was announced under that name.
  mutating func finishUpload(_ name: String, size: Int, at now: Instant) -> Bool {
    guard let upload = pendingUploads.removeValue(forKey: name) else { return false }
    portfolio.files.add {
      StoredFile(
        id: $0, parent: upload.parent, title: upload.title, physicalName: name,
        size: Int64(size), contentType: "application/octet-stream", uploaded: now)
    }
    return true
  }
}

/// A file whose bytes have not arrived.
struct PendingUpload: Sendable {
  var parent: StoredFile.Parent
  var title: String
}
