import Testing

@testable import LiveKit

/// The values that users see, made from messages of the protocol and turned into them.
@Suite struct ValueConversionTests {
    @Test func aRoomSaysWhatItsMessageSays() {
        let room = RoomInfo(
            .with {
                ($0.sid, $0.name, $0.metadata) = ("RM_1", "Caf\u{65}\u{301}", "m")
                ($0.creationTime, $0.creationTimeMs) = (1_700_000_000, 1_700_000_000_250)
                ($0.numParticipants, $0.numPublishers, $0.maxParticipants) = (3, 2, 9)
                $0.activeRecording = true
            })
        #expect(room.sid == "RM_1" && room.metadata == "m" && room.isRecording)
        #expect(room.name == "Caf\u{65}\u{301}" && room.name != "Caf\u{E9}", "by its bytes")
        #expect(room.createdAt == 1_700_000_000_250_000_000)
        #expect(room.participantCount == 3 && room.publisherCount == 2 && room.maxParticipants == 9)
    }

    @Test func whatIsNotToldIsNil() {
        let room = RoomInfo(Livekit_Room())
        #expect(room.createdAt == nil && room.maxParticipants == nil && room.sid.isEmpty)
        #expect(RoomParticipant(Livekit_ParticipantInfo()).joinedAt == nil)
        let dispatch = AgentDispatch(Livekit_AgentDispatch())
        #expect(dispatch.createdAt == nil && dispatch.deletedAt == nil && dispatch.jobs.isEmpty)
        #expect(AgentJob(Livekit_Job()).participant == nil)
    }

    @Test(
        arguments: [
            (0, 1_700_000_000, 1_700_000_000_000_000_000), (0, .max, .max), (.max, 1, .max), (-5, -5, nil),
            (.min, .min, nil),
            (0, 0, nil), (1, .max, 1_000_000),
        ] as [(Int64, Int64, Int64?)])
    func timesOutOfRangeAreTheNearestThereAre(milliseconds: Int64, seconds: Int64, expected: Int64?) {
        let room = RoomInfo(.with { ($0.creationTimeMs, $0.creationTime) = (milliseconds, seconds) })
        #expect(room.createdAt == expected)
        let participant = RoomParticipant(.with { ($0.joinedAtMs, $0.joinedAt) = (milliseconds, seconds) })
        #expect(participant.joinedAt == expected)
    }

    @Test func aParticipantSaysWhatItsMessageSays() {
        let participant = RoomParticipant(
            .with {
                ($0.sid, $0.identity, $0.name, $0.metadata) = ("PA_1", "ada", "Ada", "m")
                $0.attributes = ["\u{E9}": "1"]
                ($0.kind, $0.state, $0.version, $0.isPublisher) = (.agent, .disconnected, 7, true)
                ($0.permission.hidden, $0.permission.canUpdateMetadata) = (true, false)
                $0.joinedAtMs = 5
                $0.tracks = [
                    .with {
                        ($0.sid, $0.type, $0.source, $0.name) = ("TR_1", .video, .screenShare, "s")
                        ($0.muted, $0.encryption, $0.mimeType) = (true, .gcm, "video/VP8")
                    }
                ]
            })
        #expect(participant.sid == "PA_1" && participant.name == "Ada" && participant.metadata == "m")
        #expect(participant.identity == "ada" && participant.kind == .agent && participant.state == .disconnected)
        #expect(participant.attributes == ["\u{E9}": "1"] && participant.attributes["\u{65}\u{301}"] == nil, "by bytes")
        #expect(participant.isHidden && !participant.canUpdateMetadata && participant.isPublisher)
        #expect(!participant.isActive && participant.version == 7 && participant.joinedAt == 5_000_000)
        let track = RoomTrack(
            sid: "TR_1", isAudio: false, source: .screenShare, name: "s", isMuted: true, isEncrypted: true,
            mimeType: "video/VP8")
        #expect(participant.tracks == [track])
    }

    @Test func whatIsOfANewerProtocolIsTheNearestThereIs() {
        let participant = RoomParticipant(
            .with {
                ($0.kind, $0.state) = (.UNRECOGNIZED(99), .UNRECOGNIZED(99))
                $0.tracks = [.with { ($0.source, $0.encryption) = (.UNRECOGNIZED(99), .UNRECOGNIZED(99)) }]
            })
        #expect(participant.kind == .service && participant.state == .joined)
        #expect(participant.tracks.first?.source == .unknown && participant.tracks.first?.isEncrypted == true)
        let job = AgentJob(.with { ($0.type, $0.state.status) = (.UNRECOGNIZED(99), .UNRECOGNIZED(99)) })
        #expect(job.kind == nil && job.status == nil && !job.isOver)
        let header = Livekit_DataStream.Header.with { $0.textHeader.operationType = .UNRECOGNIZED(99) }
        let info = DataStreamInfo(header, sender: DataSender(identity: "a", sid: "PA_1"))
        #expect(info.kind == .text(operation: .other(99), version: 0, replyTo: "", isGenerated: false))
    }

    @Test func aDispatchHasItsJobs() {
        let dispatch = AgentDispatch(
            .with {
                ($0.id, $0.agentName, $0.room, $0.metadata) = ("AD_1", "jask", "r", "m")
                $0.attributes = ["a": "b"]
                ($0.state.createdAt, $0.state.deletedAt) = (12, 34)
                $0.state.jobs = [Livekit_JobStatus.jsPending, .jsRunning, .jsSuccess, .jsFailed].map { status in
                    .with {
                        ($0.id, $0.dispatchID, $0.type, $0.agentName, $0.metadata) = (
                            "AJ_1", "AD_1", .jtParticipant, "jask", "m"
                        )
                        ($0.state.status, $0.state.error) = (status, "why")
                        ($0.room.name, $0.participant.identity, $0.attributes) = ("r", "ada", ["a": "b"])
                    }
                }
            })
        #expect(dispatch.id == "AD_1" && dispatch.agentName == "jask" && dispatch.room == "r")
        #expect(dispatch.metadata == "m" && dispatch.attributes == ["a": "b"])
        #expect(dispatch.createdAt == 12 && dispatch.deletedAt == 34)
        #expect(dispatch.jobs.map(\.status) == [.pending, .running, .success, .failed])
        #expect(dispatch.jobs.map(\.isOver) == [false, false, true, true])
        let job = dispatch.jobs[0]
        #expect(job.id == "AJ_1" && job.dispatchID == "AD_1" && job.kind == .participant && job.error == "why")
        #expect(job.room.name == "r" && job.participant?.identity == "ada" && job.attributes == ["a": "b"])
    }

    @Test func whatAClientSaysOfItselfFitsItsMessage() {
        var info = ClientInfo()
        (info.otherSDKs, info.version, info.os) = ("mine", "2", "linux")
        (info.protocolLevel, info.clientProtocolLevel) = (.max, .min)
        info.capabilities = ClientInfo.Capability.allCases
        #expect(info.message.sdk == .unknown && info.message.otherSdks == "mine")
        #expect(info.message.version == "2" && info.message.os == "linux")
        #expect(info.message.protocol == .max && info.message.clientProtocol == .min)
        #expect(info.message.capabilities == [.capPacketTrailer, .capCompressionDeflateRaw])
        let known = Set(Livekit_ClientInfo.SDK.allCases).subtracting([.unknown])
        #expect(Set(ClientInfo.SDK.allCases.map(\.message)) == known)
    }

    @Test func aRoomToBeMadeFitsItsMessage() {
        var options = CreateRoomOptions()
        #expect(options.message(creating: "r") == .with { $0.name = "r" }, "the server's defaults")
        (options.emptyTimeout, options.departureTimeout) = (.milliseconds(1), .seconds(Int64.max))
        (options.maxParticipants, options.metadata) = (.max, "m")
        options.agents = [.init(agentName: "jask", metadata: "p", attributes: ["a": "b"])]
        let message = options.message(creating: "r")
        #expect(message.emptyTimeout == 1, "0 would mean the default")
        #expect(message.departureTimeout == .max && message.maxParticipants == .max && message.metadata == "m")
        #expect(
            message.agents == [
                .with { ($0.agentName, $0.metadata, $0.attributes) = ("jask", "p", ["a": "b"]) }
            ])
        (options.emptyTimeout, options.maxParticipants) = (.seconds(-1), -1)
        #expect(options.message(creating: "r").emptyTimeout == 0)
        #expect(options.message(creating: "r").maxParticipants == 0)
    }

    @Test func permissionsAreThoseOfTheMessage() {
        var permission = ParticipantPermission()
        #expect(permission.message == .init())
        (permission.canPublish, permission.isRecorder) = (true, true)
        permission.canPublishSources = [.camera, .microphone, .screenShare, .screenShareAudio, .unknown]
        #expect(
            permission.message
                == .with {
                    ($0.canPublish, $0.recorder) = (true, true)
                    $0.canPublishSources = [.camera, .microphone, .screenShare, .screenShareAudio, .unknown]
                })
        #expect(
            ParticipantPermission.hiddenListener.message
                == .with {
                    ($0.canSubscribe, $0.canPublishData, $0.canUpdateMetadata, $0.hidden) = (true, true, true, true)
                })
    }

    @Test func aServerSaysWhatItsMessageSays() {
        let info = ServerInfo(
            .with {
                ($0.version, $0.region, $0.nodeID) = ("1.11.0", "eu", "ND_1")
                ($0.protocol, $0.agentProtocol, $0.edition) = (16, 1, .cloud)
            })
        #expect(info.version == "1.11.0" && info.region == "eu" && info.nodeID == "ND_1" && info.isCloud)
        #expect(info.protocolLevel == 16 && info.agentProtocolLevel == 1)
    }
}
