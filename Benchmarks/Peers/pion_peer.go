// One end of a bulk transfer by pion/sctp over UDP on loopback, for the benchmark sctp-lossy.
//
//	pion_peer send|receive PORT PEER_PORT WARM_UP SECONDS
//
// The receiver prints how many bytes came in SECONDS, which begin WARM_UP seconds after the first message. Built in a
// module that requires github.com/pion/sctp and github.com/pion/logging; JASK_PION_PEER names the program.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/logging"
	"github.com/pion/sctp"
)

// As Jask's: packets of 1188 bytes at most, a receive window of 1 MiB, messages of 16 KiB.
const (
	packetSize  = 1188
	window      = 1 << 20
	messageSize = 16384
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	if len(os.Args) != 6 {
		log.Fatal("usage: pion_peer send|receive PORT PEER_PORT WARM_UP SECONDS")
	}
	address := func(index int) *net.UDPAddr {
		return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: must(strconv.Atoi(os.Args[index]))}
	}
	seconds := func(index int) time.Duration {
		return time.Duration(must(strconv.ParseFloat(os.Args[index], 64)) * float64(time.Second))
	}
	socket := must(net.DialUDP("udp4", address(2), address(3)))
	_ = socket.SetReadBuffer(1 << 20)
	// Both ends connect, as in WebRTC.
	association := must(sctp.Client(sctp.Config{
		NetConn: socket, MTU: packetSize, MaxReceiveBufferSize: window, LoggerFactory: logging.NewDefaultLoggerFactory(),
	}))
	if os.Args[1] == "send" {
		send(association)
	} else {
		receive(association, seconds(4), seconds(5))
	}
}

func send(association *sctp.Association) {
	stream := must(association.OpenStream(0, sctp.PayloadTypeWebRTCBinary))
	// pion takes whatever it is given: the send buffer is bounded here, as it is with the others.
	low := make(chan struct{}, 1)
	stream.SetBufferedAmountLowThreshold(window / 2)
	stream.OnBufferedAmountLow(func() {
		select {
		case low <- struct{}{}:
		default:
		}
	})
	message := make([]byte, messageSize)
	for {
		must(stream.WriteSCTP(message, sctp.PayloadTypeWebRTCBinary))
		if stream.BufferedAmount() > window {
			<-low
		}
	}
}

func receive(association *sctp.Association, warmUp, length time.Duration) {
	stream := must(association.AcceptStream())
	var received atomic.Int64
	first := make(chan struct{})
	go func() {
		area := make([]byte, 1<<18)
		for {
			size, _, err := stream.ReadSCTP(area)
			if err != nil {
				log.Fatal(err)
			}
			if received.Add(int64(size)) == int64(size) {
				close(first)
			}
		}
	}()
	<-first
	time.Sleep(warmUp)
	before := received.Load()
	time.Sleep(length)
	fmt.Println(received.Load() - before)
}
