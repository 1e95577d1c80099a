// Measures klauspost/reedsolomon as src/measure.ts does a contender in Node, and prints the same JSON:
//
//	klauspost DATA_SHARDS PARITY_SHARDS UNIT_BYTES STRIPES
package main

import (
	"encoding/json"
	"math/rand"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/klauspost/reedsolomon"
)

const (
	warmUp     = 150 * time.Millisecond
	timed      = 400 * time.Millisecond
	fewestRuns = 5
	mostRuns   = 4000
)

func main() {
	dataShards, parityShards := argument(1), argument(2)
	unitBytes, stripes := argument(3), argument(4)
	// One goroutine: its other figures are those of one thread, too.
	code, err := reedsolomon.New(dataShards, parityShards, reedsolomon.WithMaxGoroutines(1))
	check(err)
	// Padded, as ours are: all units in one set of the cache would be unkind.
	stride := unitBytes + 64
	memory := make([]byte, (dataShards+parityShards)*stride)
	rand.New(rand.NewSource(1)).Read(memory)
	shards := make([][]byte, dataShards+parityShards)
	for i := range shards {
		shards[i] = memory[i*stride : i*stride+unitBytes]
	}
	encode := func() {
		for i := 0; i < stripes; i++ {
			check(code.Encode(shards))
		}
	}
	encode()
	if isRight, err := code.Verify(shards); err != nil || !isRight {
		panic("wrong parity")
	}
	repeat(encode, warmUp, 1)
	seconds := repeat(encode, timed, fewestRuns)
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"seconds": seconds, "peakBytes": usage.Maxrss * 1024}))
}

func repeat(work func(), duration time.Duration, fewest int) []float64 {
	seconds := []float64{}
	end := time.Now().Add(duration)
	for (time.Now().Before(end) && len(seconds) < mostRuns) || len(seconds) < fewest {
		start := time.Now()
		work()
		seconds = append(seconds, time.Since(start).Seconds())
	}
	return seconds
}

func argument(i int) int {
	value, err := strconv.Atoi(os.Args[i])
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
