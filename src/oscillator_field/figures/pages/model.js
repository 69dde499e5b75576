// The model in the browser, in double precision: the step of every integrator, all neighbourhoods and boundaries, noise.
"use strict";

const model = (() => {
  const EPSILON = 1e-12;
  const WORD = 2n ** 64n;
  const [LOW, LONG] = [WORD - 1n, 2n ** 128n - 1n];

  // --- numbers from a seed, as numpy.random.default_rng draws them --------------------------------------------------
  // SeedSequence of some 32-bit words (M. E. O'Neill, "C++ seeding surprises", 2015): four 64-bit words of state.
  function seeded(entropy) {
    let constant = 0x43b0d7e5;
    const hashed = (value) => {
      value ^= constant;
      constant = Math.imul(constant, 0x931e8875);
      value = Math.imul(value, constant);
      return value ^ (value >>> 16);
    };
    const mixed = (x, y) => {
      const result = Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715);
      return result ^ (result >>> 16);
    };
    const pool = [0, 1, 2, 3].map((place) => hashed((entropy[place] ?? 0) | 0));
    for (let from = 0; from < 4; from++) {
      for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mixed(pool[to], hashed(pool[from]));
    }
    let other = 0x8b51f9dd;
    const words = Array.from({ length: 8 }, (_, place) => {
      let value = pool[place % 4] ^ other;
      other = Math.imul(other, 0x58f38ded);
      value = Math.imul(value, other);
      return BigInt((value ^ (value >>> 16)) >>> 0);
    });
    return [0, 2, 4, 6].map((place) => words[place] | (words[place + 1] << 32n));
  }

  // PCG64 (XSL-RR 128/64), and doubles in [0, 1) of its upper 53 bits.
  function uniform(...entropy) {
    const [high, low, highStep, lowStep] = seeded(entropy);
    const factor = 0x2360ed051fc65da44385df649fccf645n;
    const increment = ((((highStep << 64n) | lowStep) << 1n) | 1n) & LONG;
    let state = (((increment + ((high << 64n) | low)) & LONG) * factor + increment) & LONG;
    return () => {
      state = (state * factor + increment) & LONG;
      const folded = (state >> 64n) ^ (state & LOW);
      const turn = state >> 122n;
      const turned = ((folded >> turn) | (folded << (64n - turn))) & LOW;
      return Number(turned >> 11n) / 2 ** 53;
    };
  }

  // Start phases and Omega of a seed, rounded as they are stored: those of `oscillator_field.start`.
  function start(seed, sites, channels) {
    const next = uniform(seed);
    const drawn = Float64Array.from({ length: channels * channels }, next);
    const omega = Float64Array.from(drawn, (value, place) => Math.fround(value - drawn[(place % channels) * channels + Math.floor(place / channels)]));
    return { omega, phase: Float64Array.from({ length: sites }, () => Math.fround(2 * Math.PI * next())) };
  }

  // Natural frequencies. Of the uniform ones the numbers are those of the workflow, of others their distribution is.
  function frequencies(kind, mean, spread, seed, sites) {
    const next = uniform(seed, 1);
    const draw = {
      uniform: () => 2 * next() - 1,
      normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
      lorentzian: () => Math.tan(Math.PI * (next() - 0.5)),
    }[kind];
    return draw ? Float64Array.from({ length: sites }, () => Math.fround(mean + spread * draw())) : null;
  }

  // Two normal numbers for each pair of sites of a row: Threefry-2x32 of 13 rounds, then Box and Muller.
  const TURNS = [13, 15, 26, 6, 17, 29, 16, 24];
  function normals(seed, step, rows, width, target) {
    const half = 4 * Math.ceil(width / 8);
    const keys = [seed | 0, 0x6e6f6973, 0x1bd11bda ^ seed ^ 0x6e6f6973];
    for (let row = 0; row < rows; row++) {
      for (let pair = 0; pair < half; pair++) {
        let x = (step + keys[0]) | 0;
        let y = (row * half + pair + keys[1]) | 0;
        for (let round = 0; round < 13; round++) {
          const turn = TURNS[round % 8];
          x = (x + y) | 0;
          y = ((y << turn) | (y >>> (32 - turn))) ^ x;
          if (round % 4 === 3) {
            const count = (round + 1) / 4;
            x = (x + keys[count % 3]) | 0;
            y = (y + keys[(count + 1) % 3] + count) | 0;
          }
        }
        const length = Math.sqrt(-2 * Math.log(((x >>> 9) + 0.5) / 2 ** 23));
        const angle = (2 * Math.PI * (y >>> 8)) / 2 ** 24;
        if (pair < width) target[row * width + pair] = length * Math.cos(angle);
        if (half + pair < width) target[row * width + half + pair] = length * Math.sin(angle);
      }
    }
  }

  // --- neighbours ---------------------------------------------------------------------------------------------------
  // Where a place beyond a border lies: -1 for nowhere.
  function beyond(place, length, boundary) {
    if (place >= 0 && place < length) return place;
    if (boundary === "open") return -1;
    const period = boundary === "periodic" ? length : 2 * length;
    const wrapped = ((place % period) + period) % period;
    return wrapped < length ? wrapped : period - 1 - wrapped;
  }

  // --- a field ------------------------------------------------------------------------------------------------------
  // What is random follows from `seed`; `drive` holds the input phase of each pixel, row by row.
  function field({ rows, columns, channels, drive, seed, parameters, start: begin = {}, frequency = {} }) {
    const width = columns * channels;
    const sites = rows * width;
    const arrays = (count) => Array.from({ length: count }, () => new Float64Array(sites));
    const [zr, zi, cr, ci, nr, ni, own, turned, velocity] = arrays(9);
    // Where sites were before the last step, which is how fast they are.
    const before = arrays(2);
    // The input as it was given, which the input follows the field away from.
    const [pictureRe, pictureIm] = arrays(2);
    const between = [];
    let [fr, fi, gr, gi] = [[], [], [], []];
    let omega = new Float64Array(channels * channels);
    let step = 0;
    // Steps may change in length.
    let clock = 0;
    let set = { ...parameters };

    function reset() {
      step = 0;
      clock = 0;
      velocity.fill(0);
      const drawn = start(seed, sites, channels);
      omega = drawn.omega;
      for (let site = 0; site < sites; site++) {
        const pixel = Math.floor(site / channels);
        const turns = ((begin.winding_rows ?? 0) * Math.floor(pixel / columns)) / rows + ((begin.winding_columns ?? 0) * (pixel % columns)) / columns;
        const phase = {
          random: drawn.phase[site], uniform: 0, input: drive[pixel], twisted: Math.fround(2 * Math.PI * (turns - Math.floor(turns))),
        }[begin.kind ?? "random"];
        [zr[site], zi[site]] = [Math.cos(phase), Math.sin(phase)];
      }
      pull(drive);
      const given = frequencies(frequency.kind, frequency.mean ?? 0, frequency.spread ?? 0, seed, sites);
      if (given) own.set(given); else own.fill(0);
    }

    // Another picture drives the field from now on.
    function pull(phases) {
      for (let site = 0; site < sites; site++) {
        const phase = phases[Math.floor(site / channels)];
        [cr[site], ci[site]] = [Math.cos(phase), Math.sin(phase)];
      }
      pictureRe.set(cr);
      pictureIm.set(ci);
    }

    // Adds a row of sites, times a weight, to another.
    function addRow(from, to, source, target, weight) {
      for (let place = 0; place < width; place++) target[to + place] += weight * source[from + place];
    }

    function nearest(source, target) {
      for (let row = 0; row < rows; row++) {
        for (const other of [row - 1, row + 1]) {
          const there = beyond(other, rows, set.boundary);
          if (there >= 0) addRow(there * width, row * width, source, target, 1);
        }
        const base = row * width;
        for (let place = channels; place < width; place++) target[base + place] += source[base + place - channels];
        for (let place = 0; place < width - channels; place++) target[base + place] += source[base + place + channels];
        for (const [column, other] of [[0, -1], [columns - 1, columns]]) {
          const there = beyond(other, columns, set.boundary);
          if (there < 0) continue;
          for (let k = 0; k < channels; k++) target[base + column * channels + k] += source[base + there * channels + k];
        }
      }
    }

    function everywhere(source, target) {
      for (let k = 0; k < channels; k++) {
        let total = 0;
        for (let site = k; site < sites; site += channels) total += source[site];
        for (let site = k; site < sites; site += channels) target[site] = (4 * total * channels) / sites;
      }
    }

    // Sums along rows from the left, so that each row of the disc takes two of them.
    function disc(source, target) {
      const radius = Math.floor(set.radius);
      const reach = Array.from({ length: 2 * radius + 1 }, (_, place) => Math.floor(Math.sqrt(set.radius ** 2 - (place - radius) ** 2)));
      const count = reach.reduce((sum, half) => sum + 2 * half + 1, -1);
      const sums = new Float64Array((columns + 2 * radius + 1) * channels);
      for (let row = 0; row < rows; row++) {
        for (let column = -radius; column < columns + radius; column++) {
          const there = beyond(column, columns, set.boundary);
          for (let k = 0; k < channels; k++) {
            const place = (column + radius) * channels + k;
            sums[place + channels] = sums[place] + (there < 0 ? 0 : source[row * width + there * channels + k]);
          }
        }
        for (let away = -radius; away <= radius; away++) {
          const half = reach[away + radius];
          // Every row that has this one at such a distance: where a border folds, there may be several.
          for (let to = 0; to < rows; to++) {
            if (beyond(to + away, rows, set.boundary) !== row) continue;
            for (let place = 0; place < width; place++) {
              const first = place + (radius - half) * channels;
              target[to * width + place] += sums[first + (2 * half + 1) * channels] - sums[first];
            }
          }
        }
      }
      for (let site = 0; site < sites; site++) target[site] = (4 / count) * (target[site] - source[site]);
    }

    // Rows, then columns; the site itself, which does not count, is taken out at the end.
    function gaussian(source, target) {
      const radius = Math.ceil(3 * set.radius);
      const weights = Array.from({ length: 2 * radius + 1 }, (_, place) => Math.exp(-(((place - radius) / set.radius) ** 2) / 2));
      const line = weights.reduce((sum, weight) => sum + weight, 0);
      turned.fill(0);
      for (let row = 0; row < rows; row++) {
        for (let away = -radius; away <= radius; away++) {
          const there = beyond(row + away, rows, set.boundary);
          if (there >= 0) addRow(there * width, row * width, source, turned, weights[away + radius]);
        }
      }
      for (let column = 0; column < columns; column++) {
        for (let away = -radius; away <= radius; away++) {
          const there = beyond(column + away, columns, set.boundary);
          if (there < 0) continue;
          const weight = weights[away + radius];
          for (let row = 0; row < rows; row++) {
            const [to, from] = [row * width + column * channels, row * width + there * channels];
            for (let k = 0; k < channels; k++) target[to + k] += weight * turned[from + k];
          }
        }
      }
      const scale = 4 / (line * line - 1);
      for (let site = 0; site < sites; site++) target[site] = scale * (target[site] - source[site]);
    }

    const AROUND = { nearest, disc, gaussian, global: everywhere };

    function neighbours(source, target) {
      target.fill(0);
      AROUND[set.neighbourhood](source, target);
      if (!set.channel_coupling) return;
      for (let base = 0; base < sites; base += channels) {
        for (let site = base + 1; site < base + channels; site++) {
          target[site] += source[site - 1];
          target[site - 1] += source[site];
        }
      }
    }

    // What each site is pulled by, into nr and ni: the sum that delta_t multiplies.
    function forces(xr, xi, dr, di, acts) {
      neighbours(xr, nr);
      neighbours(xi, ni);
      const { k_coupling: coupling, k_omega: mixing } = set;
      const bias = acts * set.k_bias;
      const cosine = Math.cos(set.phase_lag);
      const sine = Math.sin(set.phase_lag);
      for (let base = 0; base < sites; base += channels) {
        for (let channel = 0; channel < channels; channel++) {
          const site = base + channel;
          let mr = 0;
          let mi = 0;
          for (let k = 0; k < channels; k++) {
            const weight = omega[channel * channels + k];
            mr += weight * xr[base + k];
            mi += weight * xi[base + k];
          }
          const ar = nr[site];
          const ai = ni[site];
          nr[site] = coupling * (cosine * ar + sine * ai - xr[site]) + mixing * mr + bias * (dr[site] - xr[site]) - own[site] * xi[site];
          ni[site] = coupling * (cosine * ai - sine * ar - xi[site]) + mixing * mi + bias * (di[site] - xi[site]) + own[site] * xr[site];
        }
      }
    }

    // The change of the phase alone: of z into (tr, ti), of the input into (sr, si).
    function slopes(xr, xi, dr, di, acts, tr, ti, sr, si) {
      forces(xr, xi, dr, di, acts);
      const follows = set.evolve_input ? set.input_rate * acts : 0;
      for (let site = 0; site < sites; site++) {
        const rate = xr[site] * ni[site] - xi[site] * nr[site];
        tr[site] = -rate * xi[site];
        ti[site] = rate * xr[site];
        const pulled = follows * (dr[site] * xi[site] - di[site] * xr[site]);
        sr[site] = -pulled * di[site];
        si[site] = pulled * dr[site];
      }
    }

    function noise() {
      if (!(set.noise > 0)) return null;
      normals(seed, step + 1, rows, width, turned);
      const size = Math.sqrt(2 * set.noise * set.delta_t);
      return turned.map((value) => size * value);
    }

    // Brings a site to the circle.
    function toCircle(site, xr, xi, tr, ti) {
      const length = Math.sqrt(xr * xr + xi * xi) + EPSILON;
      tr[site] = xr / length;
      ti[site] = xi / length;
    }

    // (xr, xi) turned by the jolts, if there are any.
    function turn(jolt, xr, xi) {
      if (!jolt) return;
      for (let site = 0; site < sites; site++) {
        const cosine = Math.cos(jolt[site]);
        const sine = Math.sin(jolt[site]);
        const r = xr[site] * cosine - xi[site] * sine;
        xi[site] = xr[site] * sine + xi[site] * cosine;
        xr[site] = r;
      }
    }

    function euler(dt, acts, jolt) {
      forces(zr, zi, cr, ci, acts);
      const follows = dt * set.input_rate * acts;
      for (let site = 0; site < sites; site++) {
        nr[site] = zr[site] + dt * nr[site];
        ni[site] = zi[site] + dt * ni[site];
      }
      turn(jolt, nr, ni);
      for (let site = 0; site < sites; site++) toCircle(site, nr[site], ni[site], zr, zi);
      if (!set.evolve_input) return;
      for (let site = 0; site < sites; site++) toCircle(site, cr[site] + follows * (zr[site] - cr[site]), ci[site] + follows * (zi[site] - ci[site]), cr, ci);
    }

    // z + by * slope into (ur, ui), the input likewise.
    function along(by, stage, [ur, ui, vr, vi]) {
      for (let site = 0; site < sites; site++) {
        ur[site] = zr[site] + by * fr[stage][site];
        ui[site] = zi[site] + by * fi[stage][site];
        vr[site] = cr[site] + by * gr[stage][site];
        vi[site] = ci[site] + by * gi[stage][site];
      }
    }

    function needStages(count) {
      if (fr.length >= count) return;
      between.splice(0, 4, ...arrays(4));
      [fr, fi, gr, gi] = [arrays(count), arrays(count), arrays(count), arrays(count)];
    }

    function heun(dt, acts, jolt) {
      needStages(3);
      slopes(zr, zi, cr, ci, acts, fr[0], fi[0], gr[0], gi[0]);
      along(dt, 0, between);
      turn(jolt, between[0], between[1]);
      slopes(...between, acts, fr[1], fi[1], gr[1], gi[1]);
      // The first half of the way is turned, the second not.
      for (let site = 0; site < sites; site++) {
        fr[2][site] = zr[site] + (dt / 2) * fr[0][site];
        fi[2][site] = zi[site] + (dt / 2) * fi[0][site];
      }
      turn(jolt, fr[2], fi[2]);
      for (let site = 0; site < sites; site++) {
        toCircle(site, fr[2][site] + (dt / 2) * fr[1][site], fi[2][site] + (dt / 2) * fi[1][site], zr, zi);
        toCircle(site, cr[site] + (dt / 2) * (gr[0][site] + gr[1][site]), ci[site] + (dt / 2) * (gi[0][site] + gi[1][site]), cr, ci);
      }
    }

    function rk4(dt, acts) {
      needStages(4);
      slopes(zr, zi, cr, ci, acts, fr[0], fi[0], gr[0], gi[0]);
      for (const [stage, by] of [[1, dt / 2], [2, dt / 2], [3, dt]]) {
        along(by, stage - 1, between);
        slopes(...between, acts, fr[stage], fi[stage], gr[stage], gi[stage]);
      }
      const sum = (parts, site) => (dt / 6) * (parts[0][site] + 2 * parts[1][site] + 2 * parts[2][site] + parts[3][site]);
      for (let site = 0; site < sites; site++) {
        toCircle(site, zr[site] + sum(fr, site), zi[site] + sum(fi, site), zr, zi);
        toCircle(site, cr[site] + sum(gr, site), ci[site] + sum(gi, site), cr, ci);
      }
    }

    const STEPS = { euler, heun, rk4 };

    function advance(count) {
      for (let done = 0; done < count; done++) {
        const time = clock + 1e-9;
        const acts = set.drive_onset <= time && time < set.drive_end ? 1 : 0;
        if (done === count - 1) {
          before[0].set(zr);
          before[1].set(zi);
        }
        STEPS[set.integrator](set.delta_t, acts, noise());
        step += 1;
        clock += set.delta_t;
      }
      for (let site = 0; site < sites; site++) {
        const [pr, pi] = before;
        velocity[site] = Math.atan2(zi[site] * pr[site] - zr[site] * pi[site], zr[site] * pr[site] + zi[site] * pi[site]) / set.delta_t;
      }
    }

    reset();
    return {
      rows, columns, channels, advance, reset, pull, zr, zi, cr, ci, velocity,
      step: () => step, seconds: () => clock, pictureRe, pictureIm, set: (changes) => { set = { ...set, ...changes }; }, phase: () => zr.map((r, site) => Math.atan2(zi[site], r)),
    };
  }

  // --- what is seen of it -------------------------------------------------------------------------------------------
  // |mean of z| over all sites, and |mean of z conj(c)| with the input that was given: order and alignment.
  function order({ zr, zi, pictureRe, pictureIm }) {
    let [r, i, ar, ai] = [0, 0, 0, 0];
    for (let site = 0; site < zr.length; site++) {
      r += zr[site];
      i += zi[site];
      ar += zr[site] * pictureRe[site] + zi[site] * pictureIm[site];
      ai += zi[site] * pictureRe[site] - zr[site] * pictureIm[site];
    }
    return { order: Math.hypot(r, i) / zr.length, alignment: Math.hypot(ar, ai) / zr.length };
  }

  // One value a pixel: the angle of the mean over channels, the mean speed, the mean local order.
  function pixels(shown, kind, target) {
    const { rows, columns, channels, zr, zi, velocity } = shown;
    const width = columns * channels;
    for (let row = 0, pixel = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, pixel++) {
        const base = row * width + column * channels;
        let [r, i, sum] = [0, 0, 0];
        for (let k = 0; k < channels; k++) {
          const site = base + k;
          if (kind === "phase") {
            r += zr[site];
            i += zi[site];
          } else if (kind === "velocity") sum += Math.abs(velocity[site]);
          else {
            let [ar, ai, count] = [zr[site], zi[site], 1];
            const others = [row > 0 && site - width, row < rows - 1 && site + width, column > 0 && site - channels, column < columns - 1 && site + channels, k > 0 && site - 1, k < channels - 1 && site + 1];
            for (const other of others) {
              if (other === false) continue;
              ar += zr[other];
              ai += zi[other];
              count += 1;
            }
            sum += Math.sqrt(ar * ar + ai * ai) / count;
          }
        }
        target[pixel] = kind === "phase" ? Math.atan2(i, r) : sum / channels;
      }
    }
    return target;
  }

  return { field, start, uniform, order, pixels };
})();
